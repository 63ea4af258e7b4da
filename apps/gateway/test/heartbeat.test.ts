import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Heartbeat, type Patient } from "../src/heartbeat.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

class FakePatient implements Patient {
  readonly number: number;
  beats = 0;

  constructor(number: number) {
    this.number = number;
  }

  beat(): void {
    this.beats += 1;
  }
}

describe("the heartbeat", () => {
  test("beats once an interval for each, not for all at the same time", () => {
    const heartbeat = new Heartbeat(25_000);
    const patients = Array.from({ length: 100 }, (_, index) => new FakePatient(index));
    for (const patient of patients) heartbeat.add(patient);
    vi.advanceTimersByTime(1_000);
    expect(patients.filter(({ beats }) => beats > 0)).toHaveLength(4);
    vi.advanceTimersByTime(24_000);
    expect(patients.every(({ beats }) => beats === 1)).toBe(true);
    vi.advanceTimersByTime(25_000);
    expect(patients.every(({ beats }) => beats === 2)).toBe(true);
  });

  test("does not beat for one who left, and needs one timer however many there are", () => {
    const heartbeat = new Heartbeat(25_000);
    const patient = new FakePatient(0);
    heartbeat.add(patient);
    for (let index = 1; index <= 50; index += 1) heartbeat.add(new FakePatient(index));
    expect(vi.getTimerCount()).toBe(1);
    heartbeat.remove(patient);
    vi.advanceTimersByTime(50_000);
    expect(patient.beats).toBe(0);
    heartbeat.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

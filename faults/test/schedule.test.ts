import { describe, expect, test } from "vitest";
import { FAULTS } from "../src/faults/all.ts";
import { CHANNELS, scheduleOf } from "../src/schedule.ts";

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("a schedule", () => {
  test("is the same for the same seed", () => {
    expect(scheduleOf(7)).toEqual(scheduleOf(7));
    expect(scheduleOf(7)).not.toEqual(scheduleOf(8));
  });

  test("is the same when its fault is asked for by name, as the command does that plays it again", () => {
    for (const seed of seeds(50)) {
      const schedule = scheduleOf(seed);
      expect(scheduleOf(seed, { only: [schedule.fault] })).toEqual(schedule);
    }
  });

  test("comes to every fault, under each of its settings of Redis", () => {
    const schedules = seeds(300).map((seed) => scheduleOf(seed));
    for (const { name, persistences, lengthMs } of FAULTS) {
      const own = schedules.filter(({ fault }) => fault === name);
      expect(new Set(own.map(({ persistence }) => persistence))).toEqual(new Set(persistences));
      for (const schedule of own) {
        expect(schedule.lengthMs).toBeGreaterThanOrEqual(lengthMs[0]);
        expect(schedule.lengthMs).toBeLessThanOrEqual(lengthMs[1]);
      }
    }
  });

  test("has every kind of publisher and reader on every channel, and every reader but the command at each gateway", () => {
    const { publishers, readers } = scheduleOf(1);
    const placesOn = (channel: string) =>
      readers.filter((place) => place.channel === channel).map(({ kind, front }) => `${kind} ${front}`);
    for (const channel of CHANNELS) {
      const kinds = publishers.filter((plan) => plan.channel === channel).map(({ kind }) => kind);
      expect(kinds).toEqual(["v1", "sdk", "http", "plain", "raw", "cli"]);
      const each = ["v1", "sdk", "plain", "events"].flatMap((kind) => [`${kind} 0`, `${kind} 1`]);
      expect(placesOn(channel)).toEqual(expect.arrayContaining(each));
      expect(placesOn(channel).filter((place) => place.startsWith("tail"))).toHaveLength(1);
    }
  });
});

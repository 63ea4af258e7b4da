import { describe, expect, test } from "vitest";
import { Backlog, type Debtor } from "../src/backlog.ts";

class FakeDebtor implements Debtor {
  bufferedBytes: number;
  isCut = false;
  constructor(bufferedBytes: number) {
    this.bufferedBytes = bufferedBytes;
  }
  cut(): void {
    this.isCut = true;
    this.bufferedBytes = 0;
  }
}

describe("what waits to be sent to all", () => {
  test("is the sum over those who owe", () => {
    const backlog = new Backlog(1_000);
    const [first, second] = [new FakeDebtor(10), new FakeDebtor(20)];
    backlog.add(first, 10);
    backlog.add(second, 20);
    expect(backlog.bytes).toBe(30);
    first.bufferedBytes = 0;
    expect(backlog.bytes).toBe(20);
    backlog.remove(second);
    expect(backlog.bytes).toBe(0);
  });

  test("above the limit costs the slowest their connection, and no more of them than needed", () => {
    const backlog = new Backlog(1_000);
    const debtors = [400, 100, 600, 300].map((bytes) => new FakeDebtor(bytes));
    for (const debtor of debtors) backlog.add(debtor, debtor.bufferedBytes);
    expect(debtors.map(({ isCut }) => isCut)).toEqual([false, false, true, false]);
    expect(backlog.bytes).toBe(800);
  });

  test("within the limit costs nobody anything", () => {
    const backlog = new Backlog(1_000);
    const debtors = [500, 500].map((bytes) => new FakeDebtor(bytes));
    for (const debtor of debtors) backlog.add(debtor, debtor.bufferedBytes);
    expect(debtors.some(({ isCut }) => isCut)).toBe(false);
  });
});

/** A connection that writes down what its session does with it. */
import type { CloseCode } from "@tidewire/protocol";
import type { Connection } from "../src/connection.ts";

export class FakeConnection implements Connection {
  gathered: Buffer | undefined;
  closedWith: CloseCode | undefined;
  isPaused = false;
  isOpen = true;
  bufferedBytes = 0;
  isBusy = false;
  readonly idleActions: (() => void)[] = [];
  readonly writes: Buffer[] = [];
  readonly bugs: unknown[] = [];
  readonly refused: string[] = [];

  write(frames: Buffer): void {
    this.writes.push(frames);
  }

  refuse(channel: string): void {
    this.refused.push(channel);
  }

  fail(error: unknown): void {
    this.bugs.push(error);
  }

  close(closeCode: CloseCode): void {
    this.closedWith = closeCode;
  }

  whenIdle(action: () => void): void {
    this.idleActions.push(action);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

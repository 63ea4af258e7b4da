/** Presence on the embedded broker: one gateway, whose members are all there are. Nothing is ever forgotten. */
import { randomUUID } from "node:crypto";
import { failure, type Result, success } from "./broker.ts";
import { MemoryMembers } from "./memory-members.ts";
import { memberFault } from "./presence-fault.ts";
import type { HoldingChange } from "./presence-holding.ts";
import { type HoldingBatch, PresenceHoldings } from "./presence-holdings.ts";
import type {
  Member,
  MembersPage,
  MembersRequest,
  Presence,
  PresenceChange,
  PresenceHandlers,
  PresenceVersion,
} from "./presence.ts";

const CLOSED = failure("closed", "the broker is closed");

/** As with Redis, nothing is told from inside a call. */
export class MemoryPresence implements Presence {
  readonly #handlers: PresenceHandlers | undefined;
  readonly #holdsLease: () => boolean;
  readonly #holdings: PresenceHoldings;
  readonly #channels = new Map<string, MemoryMembers>();
  /** Each with the number of its last step since it was watched, or when it was. */
  readonly #watched = new Map<string, number>();
  readonly #epoch = randomUUID();
  /** The number of the last step, over all channels. */
  #number = 0;
  #term = "";
  #isClosed = false;

  constructor(handlers: PresenceHandlers | undefined, holdsLease: () => boolean) {
    this.#handlers = handlers;
    this.#holdsLease = holdsLease;
    this.#holdings = new PresenceHoldings({
      apply: async (batch) => success(this.#apply(batch)),
      onWhole: () => this.#removeOthers(),
    });
  }

  async enter(channel: string, member: Member): Promise<Result<void>> {
    return memberFault(member) ?? this.#holdings.enter(channel, member);
  }

  leave(channel: string, id: string): Promise<Result<void>> {
    return this.#holdings.leave(channel, id);
  }

  async watch(channel: string): Promise<Result<void>> {
    if (this.#isClosed) return CLOSED;
    if (!this.#watched.has(channel)) this.#watched.set(channel, this.#number);
    return success(undefined);
  }

  unwatch(channel: string): void {
    this.#watched.delete(channel);
  }

  async members(channel: string, request: MembersRequest): Promise<Result<MembersPage>> {
    if (this.#isClosed) return CLOSED;
    const members = this.#channels.get(channel) ?? new MemoryMembers();
    return success({ ...members.page(request), version: this.#version, isComplete: true });
  }

  async count(channel: string): Promise<Result<number>> {
    return this.#isClosed ? CLOSED : success(this.#channels.get(channel)?.size ?? 0);
  }

  leaseIsRenewed(incarnation: number): void {
    this.#term = String(incarnation);
    if (this.#term === this.#holdings.term) this.#holdings.flush();
    else this.#holdings.begin(this.#term);
  }

  leaseIsEnded(): void {
    this.#holdings.end();
  }

  close(): void {
    this.#isClosed = true;
    this.#watched.clear();
    this.#holdings.close();
  }

  get #version(): PresenceVersion {
    return { epoch: this.#epoch, number: this.#number };
  }

  #apply({ changes }: HoldingBatch): boolean {
    if (!this.#holdsLease()) {
      this.#handlers?.onLeaseLost();
      return false;
    }
    for (const [channel, some] of Map.groupBy(changes, (change) => change.channel)) {
      const told = some.map((change) => this.#change(change));
      this.#tell(
        channel,
        told.filter((change) => change !== undefined),
      );
    }
    return true;
  }

  /** What was entered under an earlier lease, and not anew since. */
  #removeOthers(): void {
    for (const [channel, members] of this.#channels) {
      const gone = members.notOf(this.#term);
      this.#tell(
        channel,
        gone.map((id) => this.#remove(channel, id)).filter((change) => change !== undefined),
      );
    }
  }

  #change({ kind, channel, member }: HoldingChange): PresenceChange | undefined {
    if (kind === "leave") return this.#remove(channel, member.id);
    const members = this.#channels.get(channel) ?? new MemoryMembers();
    this.#channels.set(channel, members);
    const before = members.infoOf(member.id);
    members.set(member, this.#term);
    if (before === undefined) return { kind: "joined", member };
    return before === member.info ? undefined : { kind: "updated", member };
  }

  #remove(channel: string, id: string): PresenceChange | undefined {
    const members = this.#channels.get(channel);
    if (!members?.delete(id)) return undefined;
    if (members.size === 0) this.#channels.delete(channel);
    return { kind: "left", id };
  }

  #tell(channel: string, changes: readonly PresenceChange[]): void {
    if (changes.length === 0) return;
    this.#number += 1;
    const previous = this.#watched.get(channel);
    if (previous === undefined) return;
    this.#watched.set(channel, this.#number);
    const notice = { version: this.#version, previous, changes };
    queueMicrotask(() => {
      if (this.#watched.has(channel)) this.#handlers?.onPresence(channel, notice);
    });
  }
}

/** Those who want to know who is on a channel, as a room sees them, and what they see of it. */
/** What is known of a room. Another object whenever it is another. */
export type RoomView =
  | {
      readonly kind: "small";
      /** Ids with info. It goes on changing; the view of then is replaced. */
      readonly members: ReadonlyMap<string, string>;
      /** If not, another view follows. */
      readonly isComplete: boolean;
    }
  /** Too many to tell of each. */
  | { readonly kind: "big"; readonly total: number };

/** What audiences need of their room. */
export interface RoomSource {
  readonly channel: string;
  /** `undefined` while nothing is known. */
  readonly view: () => RoomView | undefined;
  /** Does it once all are told what has changed so far: what is seen then has that in it. */
  readonly whenTold: (action: () => void) => void;
}

/** One who wants to know. */
export interface RoomListener {
  /** Whether it has to take something before more should be written. */
  readonly isBusy: boolean;
  whenIdle(action: () => void): void;
  write(frames: Buffer): void;
}

/**
 * What others may know of this client on one channel: with each subscription, and by itself when it changes.
 *
 * Invariant: what is sent is the newest, and one `update` at most is on its way, however many changes there are.
 */
import { type Info, infoFault } from "@tidewire/protocol";
import { ANY_FORM, fit } from "../fitting.ts";
import type { Link } from "../link.ts";
import { TidewireError } from "../tidewire-error.ts";

type Waiter = PromiseWithResolvers<void>;

/** As it is now, since the application may go on changing it. @throws TidewireError `bad_request` or `too_large` */
export function infoJson(info: Info): string {
  const json = fit(info, ANY_FORM, "");
  if (typeof json !== "string") throw json;
  const fault = infoFault(JSON.parse(json));
  if (fault) throw new TidewireError(fault.code, fault.message);
  return json;
}

export class OwnInfo {
  readonly #link: Link;
  readonly #channel: string;
  /** As JSON: the newest, and the newest that a gateway has taken. */
  #newest: string | undefined;
  #taken: string | undefined;
  /** Those who wait for the newest, which has not gone out yet. */
  #waiting: Waiter[] = [];
  /** What the subscription was asked for with, and those who wait for it. */
  #askedWith: string | undefined;
  #asked: Waiter[] = [];
  /** Why nobody wants to be there any more. */
  #end: TidewireError | undefined;
  /** What becomes of the newest. */
  #settled: Promise<void> = Promise.resolve();
  #isSubscribed = false;
  #isOnItsWay = false;

  constructor(link: Link, channel: string) {
    this.#link = link;
    this.#channel = channel;
  }

  /** Resolves once this, or a newer one, was taken. */
  set(json: string): Promise<void> {
    this.#end = undefined;
    if (json === this.#newest) return this.#settled;
    this.#newest = json;
    const last = this.#waiting.at(-1);
    if (!last) {
      const waiter = Promise.withResolvers<void>();
      // Not everybody waits for it.
      waiter.promise.catch(() => {});
      this.#waiting.push(waiter);
      this.#settled = waiter.promise;
    }
    const settled = this.#settled;
    void this.#send();
    return settled;
  }

  /** For a subscription that is asked for now. */
  ask(): Info | undefined {
    this.#asked.push(...this.#waiting.splice(0));
    this.#askedWith = this.#newest;
    return this.#newest === undefined ? undefined : (JSON.parse(this.#newest) as Info);
  }

  /** The subscription stands. Whether the channel has presence is told after that. */
  begin(): void {
    this.#isSubscribed = true;
    this.#taken = this.#askedWith;
    void this.#send();
  }

  /** The channel has presence. */
  confirm(): void {
    for (const { resolve } of this.#asked.splice(0)) resolve();
  }

  /** It is gone, and will be asked for anew: who waits for that goes on waiting. */
  pause(): void {
    this.#isSubscribed = false;
  }

  /** Who waits need not wait any longer. What is known to the gateway stays so. */
  end(reason: TidewireError): void {
    this.#end = reason;
    this.#goBack(this.#isSubscribed ? this.#taken : this.#askedWith);
    for (const { reject } of [...this.#asked.splice(0), ...this.#waiting.splice(0)]) reject(reason);
  }

  /** The gateway does not know it any more, and need not. */
  clear(): void {
    this.#taken = undefined;
    this.#goBack(undefined);
  }

  async #send(): Promise<void> {
    while (this.#isSubscribed && !this.#isOnItsWay && this.#waiting.length > 0) {
      this.#isOnItsWay = true;
      await this.#sendNewest();
      this.#isOnItsWay = false;
    }
  }

  async #sendNewest(): Promise<void> {
    const channel = JSON.stringify(this.#channel);
    const sent: Waiter[] = [];
    let json: string | undefined;
    // Where it is repeated, the newest goes out.
    const write = (id: number) => {
      sent.push(...this.#waiting.splice(0));
      json = this.#newest;
      return `{"type":"update","id":${id},"channel":${channel},"info":${json}}`;
    };
    try {
      await this.#link.request("updated", write, false);
    } catch (error) {
      return this.#fail(error as TidewireError, sent, json);
    }
    this.#taken = json;
    if (this.#waiting.length === 0) this.#newest = json;
    for (const { resolve } of sent) resolve();
  }

  #goBack(json: string | undefined): void {
    this.#newest = json;
    this.#settled = Promise.resolve();
  }

  #fail(error: TidewireError, sent: readonly Waiter[], json: string | undefined): void {
    // It goes with the next subscription.
    if (error.code === "connection_lost" && !this.#end) {
      this.#waiting.unshift(...sent);
      return;
    }
    // Sent again with the next subscription it would cost that, too.
    if (this.#newest === json) this.#goBack(this.#taken);
    for (const { reject } of sent) reject(error);
  }
}

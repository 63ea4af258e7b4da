/** All members of a round: who is of which kind, and where. */
import type { V1Message } from "@tidewire/testkit";
import { Member, type Role } from "./member.ts";
import { Observer } from "./observer.ts";
import { OPEN_GATEWAY, type Scene, SIGNED_IN_GATEWAYS } from "./scene.ts";
import { SdkMember } from "./sdk-member.ts";

/** So many come at once. */
const BATCH = 20;
const SDK_MEMBERS = 2;
const PLAIN_MEMBERS = 3;
const ANONYMOUS_SHARE = 0.1;
/** Of those at the gateway that is harmed. */
const LEAVER_SHARE = 0.5;
const RESTLESS_SHARE = 0.3;
const TWO_CONNECTIONS_SHARE = 0.2;

interface Living {
  enter(): Promise<void>;
  live(stop: AbortSignal): Promise<void>;
}

export class Crowd implements AsyncDisposable {
  readonly observers: Observer[] = [];
  readonly #scene: Scene;
  readonly #members: Living[] = [];
  readonly #stack = new AsyncDisposableStack();

  /** @param target the gateway that will be harmed */
  constructor(scene: Scene, count: number, target: number) {
    this.#scene = scene;
    const gateways = Array.from({ length: SIGNED_IN_GATEWAYS }, (_, gateway) => gateway);
    for (const gateway of gateways) this.#observe(`observer-${gateway}`, gateway);
    this.#observe(undefined, OPEN_GATEWAY);
    for (let index = 0; index < SDK_MEMBERS; index += 1) {
      const gateway = (target + index) % SIGNED_IN_GATEWAYS;
      this.#members.push(this.#stack.use(new SdkMember(scene, `sdk-${index}`, gateway)));
    }
    while (this.#members.length < count) this.#add(this.#members.length, target);
  }

  /** Resolves when all gateways see all of them. */
  async enter(): Promise<void> {
    for (let start = 0; start < this.#members.length; start += BATCH)
      await Promise.all(this.#members.slice(start, start + BATCH).map((each) => each.enter()));
  }

  /** Resolves when all have stopped, as they mean to be. */
  async live(stop: AbortSignal): Promise<void> {
    await Promise.all(this.#members.map((each) => each.live(stop)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  #observe(user: string | undefined, gateway: number): void {
    const observer = new Observer(`observer at ${gateway}`);
    this.observers.push(observer);
    const onPush = (push: V1Message) => observer.hear(push);
    const onBegun = (at: number) => observer.begin(at);
    const parts = { scene: this.#scene, user, role: "observer" as const, places: [gateway] };
    this.#members.push(this.#stack.use(new Member({ ...parts, onPush, onBegun })));
  }

  #add(index: number, target: number): void {
    const scene = this.#scene;
    const isPlain = index < SDK_MEMBERS + SIGNED_IN_GATEWAYS + 1 + PLAIN_MEMBERS;
    const isAnonymous = !isPlain && scene.random() < ANONYMOUS_SHARE;
    const gateway = isAnonymous ? OPEN_GATEWAY : index % SIGNED_IN_GATEWAYS;
    const role = isPlain ? "steady" : this.#roleAt(gateway, target);
    const other = scene.random() < 0.5 ? gateway : (gateway + 1) % SIGNED_IN_GATEWAYS;
    const hasTwo = !isPlain && role === "steady" && !isAnonymous && scene.random() < TWO_CONNECTIONS_SHARE;
    this.#members.push(
      this.#stack.use(
        new Member({
          scene,
          user: isAnonymous ? undefined : `member-${index}`,
          role: isAnonymous ? "restless" : role,
          isPlain,
          places: hasTwo ? [gateway, other] : [gateway],
        }),
      ),
    );
  }

  #roleAt(gateway: number, target: number): Role {
    const { random } = this.#scene;
    if (gateway === target && random() < LEAVER_SHARE) return "leaver";
    return random() < RESTLESS_SHARE ? "restless" : "steady";
  }
}

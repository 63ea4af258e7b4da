/** A queue between something that happens and a test that waits for it, so that nothing is missed. */

export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #waiters: PromiseWithResolvers<Item>[] = [];
  #end: Error | undefined;

  push(item: Item): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve(item);
    else this.#items.push(item);
  }

  /** The oldest item not yet taken; waits for one if need be. Rejects when none can come any more. */
  next(): Promise<Item> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift() as Item);
    if (this.#end) return Promise.reject(this.#end);
    const waiter = Promise.withResolvers<Item>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  async take(count: number): Promise<Item[]> {
    const items: Item[] = [];
    while (items.length < count) items.push(await this.next());
    return items;
  }

  /** The first item, from the oldest not yet taken on, that passes; those before it are dropped. */
  async find(passes: (item: Item) => boolean): Promise<Item> {
    for (;;) {
      const item = await this.next();
      if (passes(item)) return item;
    }
  }

  /** Nothing more will come: those who wait are told why. */
  end(reason: string): void {
    this.#end = new Error(reason);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#end);
  }
}

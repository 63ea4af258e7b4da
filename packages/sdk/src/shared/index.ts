/** @tidewire/sdk/shared: one connection for several tabs, on the side of a tab. */
export { type ShareOptions, shareTabs } from "./share-tabs.ts";

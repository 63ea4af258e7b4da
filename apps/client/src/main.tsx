/** Starts the page. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "@tidewire/sdk";
import { App } from "./app.tsx";
import { channelInAddress, tokenInAddress } from "./rooms/channel-location.ts";
import { defaultChannel, maxMessageBytes } from "./gateway-settings.ts";
import { createTap } from "./happening/tap.ts";
import { isTalkKind, roomKind } from "./rooms/room-kind.ts";
import { printConsoleHint } from "./outside/console-hint.ts";

/** Somebody sits in front of this page, and its gateways have few of it. */
const MAX_BACKOFF_MS = 10_000;

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const fallback = defaultChannel(document);
const channel = channelInAddress(location.search, fallback);
const isTalk = isTalkKind(roomKind(channel));
const settings = { defaultChannel: fallback, maxMessageBytes: maxMessageBytes(document) };
const token = tokenInAddress(location.search);
const isSignedIn = token !== undefined;
printConsoleHint({ place: location, channel, defaultChannel: fallback, isTalk, isKept: isTalk, isSignedIn });
const tap = createTap();
const options = { maxBackoffMs: MAX_BACKOFF_MS, share: tap.share, ...(token !== undefined && { token }) };
const createClient = () => connect("/", options);
createRoot(root).render(
  <StrictMode>
    <App settings={settings} firstClient={createClient()} createClient={createClient} wire={{ tap, token }} />
  </StrictMode>,
);

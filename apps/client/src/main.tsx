/** Starts the page. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "@tidewire/sdk";
import { App } from "./app.tsx";
import { channelInAddress, tokenInAddress } from "./channel-location.ts";
import { defaultChannel, maxMessageBytes } from "./gateway-settings.ts";
import { printConsoleHint } from "./console-hint.ts";
import { createTap } from "./happening/tap.ts";

/** Somebody sits in front of this page, and its gateways have few of it. */
const MAX_BACKOFF_MS = 10_000;

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const fallback = defaultChannel(document);
const channel = channelInAddress(location.search, fallback);
printConsoleHint({ place: location, channel, defaultChannel: fallback });

const token = tokenInAddress(location.search);
const tap = createTap();
const options = { maxBackoffMs: MAX_BACKOFF_MS, share: tap.share, ...(token !== undefined && { token }) };
const createClient = () => connect("/", options);
createRoot(root).render(
  <StrictMode>
    <App
      defaultChannel={fallback}
      maxMessageBytes={maxMessageBytes(document)}
      firstClient={createClient()}
      createClient={createClient}
      happening={{ tap, token }}
    />
  </StrictMode>,
);

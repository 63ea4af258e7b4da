/** Starts the page. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { channelInAddress } from "./channel-location.ts";
import { defaultChannel, maxMessageBytes } from "./gateway-settings.ts";
import { printConsoleHint } from "./console-hint.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const fallback = defaultChannel(document);
const channel = channelInAddress(location.search, fallback);
printConsoleHint({ place: location, channel, defaultChannel: fallback });
createRoot(root).render(
  <StrictMode>
    <App defaultChannel={fallback} maxMessageBytes={maxMessageBytes(document)} />
  </StrictMode>,
);

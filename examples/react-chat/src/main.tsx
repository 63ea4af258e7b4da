/** Starts the chat: `?name=Ada` says who this is, `?gateway=1235` which gateway of this machine to use. */
import { SocketProvider } from "@tidewire/sdk/react";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.tsx";

const asked = new URLSearchParams(location.search);
const url = `ws://${location.hostname}:${Number(asked.get("gateway") ?? 1234)}/`;

createRoot(document.body).render(
  <SocketProvider url={url} channel="chat:lobby">
    <Chat channel="chat:lobby" name={asked.get("name") ?? "somebody"} />
  </SocketProvider>,
);

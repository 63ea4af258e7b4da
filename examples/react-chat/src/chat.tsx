/** A chat: what is said, who is here, and who comes and goes. */
import { usePresence, useSocket } from "@tidewire/sdk/react";
import { nameOf } from "./name-of.ts";
import { useNotices } from "./use-notices.ts";

interface ChatProps {
  readonly channel: string;
  readonly name: string;
}

export function Chat({ channel, name }: ChatProps) {
  const { messages, sendMessage } = useSocket();
  const { members = [] } = usePresence(channel, { info: { name } });
  const notices = useNotices(channel);
  const say = (form: FormData) => {
    const text = form.get("text");
    if (typeof text === "string") void sendMessage(`${name}: ${text}`);
  };
  return (
    <>
      <p>Here: {members.map(nameOf).join(", ")}</p>
      <pre aria-label="Notices">{notices.join("\n")}</pre>
      <pre aria-label="Messages">{messages.join("\n")}</pre>
      <form action={say}>
        <input name="text" placeholder="Say something" autoComplete="off" />
      </form>
    </>
  );
}

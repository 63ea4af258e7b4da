/** A chat: what is said, who is here, and who comes and goes. */
import { usePresence, useSocket } from "@tidewire/sdk/react";
import { useNotices } from "./use-notices.ts";

interface ChatProps {
  readonly channel: string;
  readonly name: string;
}

export function Chat({ channel, name }: ChatProps) {
  const { messages, sendMessage } = useSocket();
  const { members = [] } = usePresence(channel, { info: { name } });
  const notices = useNotices(channel);
  const say = (form: FormData) => void sendMessage(`${name}: ${form.get("text")}`);
  return (
    <>
      <p>Here: {members.map(({ info }) => String(info?.["name"])).join(", ")}</p>
      <pre aria-label="Notices">{notices.join("\n")}</pre>
      <pre aria-label="Messages">{messages.join("\n")}</pre>
      <form action={say}>
        <input name="text" placeholder="Say something" autoComplete="off" />
      </form>
    </>
  );
}

/** Is in `chat:lobby` and says who comes and goes, on all gateways: `node watch.js ws://127.0.0.1:1234 Ada`. */
import { connect } from "@tidewire/sdk";
import { presenceOf } from "@tidewire/sdk/presence";

const [url, name] = process.argv.slice(2);
const client = connect(url);
const lobby = client.channel("chat:lobby");
const nameOf = ({ connection, info }) => `${info?.name ?? "somebody"} (${connection})`;

client.onState(({ kind }) => console.log(`-- ${kind}`));
lobby.subscribe(({ data }) => console.log("message:", data));
presenceOf(lobby).subscribe(
  ({ current, joined, left }) => {
    for (const member of joined) console.log(`joined: ${nameOf(member)}`);
    for (const member of left) console.log(`left: ${nameOf(member)}`);
    if (current.isCurrent) console.log(`here: ${current.members?.map(nameOf).join(", ")}`);
  },
  { info: { name } },
);

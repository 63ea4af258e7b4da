/** Nchan in nginx: one worker, no stored messages, publications over HTTP. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { findProgram, freePort } from "@tidewire/testkit";
import { run, start } from "../child.ts";
import { CHANNEL, type Peer, untilListening } from "./peer.ts";

const NAMES = ["nginx"];
/** Where distributions put modules. */
const MODULES = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules"].map(
  (folder) => join(folder, "ngx_nchan_module.so"),
);
const POLL_MS = 20;

function missing(): string | undefined {
  if (!findProgram(NAMES)) return "nginx";
  return MODULES.some((file) => existsSync(file)) ? undefined : "libnginx-mod-nchan";
}

// Paths are named one by one, since nginx otherwise writes where it was installed.
function configuration(folder: string, port: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `
load_module ${MODULES.find((file) => existsSync(file))};
${process.getuid?.() === 0 ? "user root;" : ""}
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 19000; multi_accept on; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 100000000;
  client_body_buffer_size 128k;
  ${temporary.join("\n  ")}
  nchan_shared_memory_size 512m;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /sub {
      nchan_subscriber websocket;
      nchan_channel_id $arg_channel;
      nchan_subscriber_first_message newest;
    }
    location = /pub {
      nchan_publisher http;
      nchan_channel_id $arg_channel;
      nchan_store_messages off;
    }
  }
}
`;
}

/** The one worker of the master. */
async function workerOf(master: number): Promise<number> {
  for (;;) {
    const children = await readFile(`/proc/${master}/task/${master}/children`, "utf8");
    if (children.trim()) return Number(children.trim().split(" ")[0]);
    await wait(POLL_MS);
  }
}

export const nchan: Peer = {
  name: "nchan",
  title: "Nchan (nginx)",
  hasChannels: true,
  missing,
  async version() {
    const nginx = findProgram(NAMES) ?? "nginx";
    // nginx says its version on the standard error.
    const text = await run("sh", ["-c", '"$0" -v 2>&1', nginx]);
    return text.replace(/^nginx version: /, "").trim();
  },
  async start({ folder, hasManyChannels }) {
    const port = await freePort();
    const file = join(folder, "nginx.conf");
    await writeFile(file, configuration(folder, port));
    const child = start(findProgram(NAMES) ?? "nginx", ["-c", file, "-p", folder, "-e", "stderr"]);
    await untilListening(child, port);
    const channel = hasManyChannels ? "c%d" : CHANNEL;
    const path = `/pub?channel=${channel}`;
    const publish = ["--publish", "http", "--publish-port", String(port), "--channel", path];
    const type = ["--publish-header", "Content-Type: text/plain"];
    return {
      child,
      pids: [await workerOf(child.pid)],
      options: ["--port", String(port), "--path", `/sub?channel=${channel}`, ...publish, ...type],
    };
  },
};

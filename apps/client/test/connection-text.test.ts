/** What a person is told about the connection. */

import { describe, expect, test } from "vitest";
import { type ConnectionState, TidewireError } from "@tidewire/sdk";
import { connectionText } from "../src/connection/connection-text.ts";
import { nextOutlook, outlookOn } from "../src/connection/outlook.ts";

const host = "127.0.0.1:1234";
const connecting: ConnectionState = { kind: "connecting" };
const connected: ConnectionState = { kind: "connected", connection: { id: "1", gateway: "g" } };
const signedIn: ConnectionState = { kind: "connected", connection: { id: "1", gateway: "g", user: "7" } };

function lost(closeCode: number | undefined, message: string, code = "connection_lost") {
  const options = { retry: true, ...(closeCode !== undefined && { closeCode }) };
  return { kind: "waiting", retryInMs: 500, reason: new TidewireError(code, message, options) } as const;
}

function stopped(code: string, message: string, closeCode: number) {
  return { kind: "stopped", reason: new TidewireError(code, message, { closeCode }) } as const;
}

/** What is told at the end of these states. */
function textAfter(states: readonly ConnectionState[], hasNetwork = true) {
  const outlook = states.reduce(nextOutlook, outlookOn(connecting));
  return connectionText({ outlook, hasNetwork, host });
}

describe("connected is said", () => {
  test("with the gateway, and with the user where somebody has signed in", () => {
    expect(textAfter([connected])).toEqual({
      tone: "good",
      title: "Connected",
      detail: host,
      isConnected: true,
    });
    expect(textAfter([signedIn]).detail).toBe(`${host}, as user 7`);
  });

  test("with a doubt while the device has no network", () => {
    expect(textAfter([connected], false)).toMatchObject({
      tone: "warning",
      title: "Your device is offline",
    });
  });
});

describe("a connection that is away", () => {
  test.each([
    ["lost", [connected, lost(4000, "The gateway is stopping.")], "Connection lost"],
    ["that never was", [lost(1006, "")], "Cannot reach the gateway"],
    [
      "that does not come back",
      [connected, lost(4000, ""), connecting, lost(1006, "")],
      "Cannot reach the gateway",
    ],
  ])("is told as one %s", (_name, states, title) => {
    expect(textAfter(states)).toMatchObject({ tone: "warning", title });
  });

  test("has the same words while it waits and while it tries, so that they are not read out again", () => {
    const waiting = [connected, lost(1001, "restarting")];
    expect(textAfter(waiting).detail).toBe("The gateway says: restarting (code 1001)");
    expect(textAfter([...waiting, connecting])).toEqual(textAfter(waiting));
    expect(textAfter([...waiting, connecting, connected]).title).toBe("Connected");
  });

  test("takes what is sent, and says that it waits", () => {
    for (const states of [[connecting], [lost(1006, "")], [lost(1006, ""), connecting]]) {
      const { hint, isBlocked } = textAfter(states);
      expect(hint).toContain("what you send waits");
      expect(isBlocked).toBeUndefined();
    }
  });

  test("is blamed on the device where that has no network", () => {
    expect(textAfter([connected, lost(1006, "")], false).title).toBe("Your device is offline");
  });
});

describe("a client that has stopped", () => {
  test("says the gateway's own reason, and takes nothing more", () => {
    expect(textAfter([connected, stopped("refused", "The token was revoked.", 4505)])).toMatchObject({
      tone: "bad",
      title: "Closed by the gateway",
      detail: "The gateway says: The token was revoked. (code 4505)",
      isBlocked: true,
    });
  });

  test("says how to sign in where that is why", () => {
    const { title, hint, isTokenWanted } = textAfter([stopped("unauthorized", "A token is wanted.", 4504)]);
    expect(title).toBe("Not signed in");
    expect(hint).toContain("?token=");
    expect(isTokenWanted).toBe(true);
    expect(textAfter([stopped("refused", "", 4500)]).isTokenWanted).toBe(false);
  });

  test("is forgotten when a person begins anew", () => {
    const anew = textAfter([stopped("refused", "", 4500), connecting]);
    expect(anew).toMatchObject({ tone: "busy", title: "Connecting…" });
  });
});

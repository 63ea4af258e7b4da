/** The addresses that channels are kept in. */

import { describe, expect, test } from "vitest";
import {
  addressWithChannel,
  channelInAddress,
  socketUrl,
  tokenInAddress,
} from "../src/rooms/channel-location.ts";

describe("addresses", () => {
  const place = { protocol: "http:", host: "127.0.0.1:1234" };

  test("the default channel needs no parameter", () => {
    expect(socketUrl(place, "channel", "channel")).toBe("ws://127.0.0.1:1234/");
  });

  test("any other channel is escaped, and a secure page connects securely", () => {
    const secure = { protocol: "https:", host: "example.org" };
    expect(socketUrl(secure, "a&b=%/+", "channel")).toBe("wss://example.org/?channel=a%26b%3D%25%2F%2B");
  });

  test("the page's address gives the channel, or else the default", () => {
    expect(channelInAddress("?channel=room%3A42", "channel")).toBe("room:42");
    expect(channelInAddress("?channel=", "news")).toBe("news");
    expect(channelInAddress("", "news")).toBe("news");
  });

  test("choosing a channel leaves the rest of the address alone, and can be read back", () => {
    const chosen = addressWithChannel("http://h/?x=1#y", "a+b%c", "channel");
    expect(new URL(chosen).searchParams.get("x")).toBe("1");
    expect(channelInAddress(new URL(chosen).search, "channel")).toBe("a+b%c");
    expect(addressWithChannel(chosen, "channel", "channel")).toBe("http://h/?x=1#y");
  });

  test("the page's address gives the token, if it holds one", () => {
    expect(tokenInAddress("?token=x.y&channel=a")).toBe("x.y");
    expect(tokenInAddress("?channel=a")).toBeUndefined();
    expect(tokenInAddress("?token=")).toBeUndefined();
  });
});

/** What happens to gateways: killed, frozen, replaced one after the other. */
import { setTimeout as wait } from "node:timers/promises";
import { ALWAYS, type Fault, type Scene } from "./fault.ts";

export const gatewayKill: Fault = {
  name: "gateway-kill",
  title: "a gateway is killed (SIGKILL) and started again",
  persistences: ["none"],
  lengthMs: [500, 2_000],
  isLossless: ALWAYS,
  inflict: async ({ world, target }) => {
    world.leadElsewhere(target);
    await world.gateway(target).kill();
  },
  repair: async ({ world, target, lengthMs }) => {
    await wait(lengthMs);
    await world.gateway(target).startAgain();
  },
};

async function freeze({ world, target, lengthMs }: Scene): Promise<void> {
  world.gateway(target).freeze();
  await wait(lengthMs);
  world.gateway(target).thaw();
}

export const gatewayStop: Fault = {
  name: "gateway-stop",
  title: "a gateway is stopped for 5 s (SIGSTOP)",
  persistences: ["none"],
  lengthMs: [5_000, 5_000],
  isLossless: ALWAYS,
  inflict: freeze,
};

export const gatewayLongStop: Fault = {
  name: "gateway-long-stop",
  title: "a gateway is stopped for 30 s (SIGSTOP), new clients go to another",
  persistences: ["none"],
  lengthMs: [30_000, 30_000],
  isLossless: ALWAYS,
  inflict: async (scene) => {
    scene.world.leadElsewhere(scene.target);
    await freeze(scene);
    scene.world.leadBack(scene.target);
  },
};

export const rollingDeploy: Fault = {
  name: "rolling-deploy",
  title: "gateways are replaced one after the other (SIGTERM)",
  persistences: ["none"],
  lengthMs: [0, 1_000],
  isLossless: ALWAYS,
  inflict: async ({ world, lengthMs }) => {
    for (const [index, gateway] of world.gateways.entries()) {
      world.leadElsewhere(index);
      await gateway.terminate();
      await gateway.startAgain();
      await wait(lengthMs);
    }
  },
};

/** The version of this gateway, as its package says. */
import packageJson from "../package.json" with { type: "json" };

export const { version } = packageJson;

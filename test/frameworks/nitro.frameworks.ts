// Servers that are built with Nitro and Nuxt: bun run verify:frameworks nitro
import { proveProjects } from "../helpers/prove-project.ts";

proveProjects("nitro", "nitro bun", "nitro3", "nuxt");

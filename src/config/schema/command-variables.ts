// The variables in which the operator's command (`rollout.verify`) finds what it is to judge. No
// key of the configuration has one of these names.

export const COMMAND_VARIABLES = {
  generation: "POUNCE_GENERATION",
  /** Where the new generation answers, and nobody else is sent. */
  url: "POUNCE_URL",
  /** `ready` or `canary`. */
  stage: "POUNCE_STAGE",
  /** The process id of the master that waits for the command. */
  server: "POUNCE_VERIFY",
} as const;

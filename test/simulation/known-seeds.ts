// Where the simulator saw the mistakes that are rare in its worlds. A seed that shows its mistake no
// more costs time alone: the search goes on from seed 1, and says which one it is now.

/** By the name of the mistake. */
export const KNOWN_SEEDS: Readonly<Record<string, number>> = {
  "close while another master counts on the order": 76,
  "connection to a master that has not got the server": 51,
  "handover that is over while workers of the successor are left": 116,
  "stop beside a successor": 193,
  "successor that is waited for without end": 29,
  "server that is full, whose last worker gets everything": 36,
  "lease that is longer than the master waits for its end": 64,
  "shared socket that waits for a worker which has ended before it bound": 45,
  "bad generation that stays": 327,
  "command that nobody ends": 164,
};

// What cannot be served: the message is all that is to be told, for the person who wrote or runs
// it.
export class AppError extends Error {}

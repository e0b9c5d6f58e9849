// Something that cannot be served. The message is all there is to say, to the person who wrote or
// runs it.
export class AppError extends Error {}

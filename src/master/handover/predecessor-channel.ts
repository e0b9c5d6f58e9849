// The connection to the master that this one takes over from: Bun's IPC for messages, and a channel
// for listeners.
import { type FromSuccessor, readFromPredecessor } from "../../ipc/handover-messages.ts";
import { LISTENER_CHANNEL } from "../../ipc/inherited.ts";
import { closeDescriptor, receiveDescriptor } from "../../os/descriptors.ts";
import type { PredecessorChannel } from "../surroundings.ts";

export const predecessorChannel: PredecessorChannel = {
  pid: process.ppid,
  get isOpen() {
    return process.connected;
  },
  listen: ({ onMessage, onClosed }) => {
    process.on("message", (value) => {
      const message = readFromPredecessor(value);
      if (message !== undefined) onMessage(message);
    });
    process.on("disconnect", onClosed);
  },
  send,
  receiveListener: () => receiveDescriptor(LISTENER_CHANNEL),
  closeListeners: () => closeDescriptor(LISTENER_CHANNEL),
};

function send(message: FromSuccessor): void {
  if (!process.connected) return;
  try {
    process.send?.(message);
  } catch {
    // It has just ended; that is noticed in a moment.
  }
}

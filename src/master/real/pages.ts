// Pages of memory shared with workers: without a name where there is memfd, else in a file.
import { closeSync } from "node:fs";
import { PAGE_BYTES, PROGRESS_LENGTH, farOn } from "../../metrics/page.ts";
import { createFilePage, removeFile } from "../../os/file-page.ts";
import { createPage, readPage } from "../../os/shared-page.ts";
import { here } from "../../platform.ts";
import type { PageFiles } from "../surroundings.ts";

const start = new Float64Array(PROGRESS_LENGTH);

export const realPages: PageFiles = {
  create: () =>
    here.hasLibc ? { descriptor: createPage(PAGE_BYTES) } : createFilePage(PAGE_BYTES),
  read: readPage,
  progress: (descriptor) => {
    readPage(descriptor, start);
    return farOn(start);
  },
  close: closeSync,
  remove: removeFile,
};

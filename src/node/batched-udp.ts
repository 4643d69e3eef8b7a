/** Whether this thread moves datagrams in batches: found out once, at first use. docs/adr/0008. */
import { checkBatches, DatagramPost, isKernel, openKernel } from './batch/index.ts';

export type DatagramFacts =
  /** `segments`: whether the kernel cuts runs of datagrams apart (UDP_SEGMENT). */
  | { readonly batched: true; readonly segments: boolean }
  /** Why each datagram is a call of its own here; a sentence for the log. */
  | { readonly batched: false; readonly reason: string };

export type FoundPost =
  | { readonly post: DatagramPost; readonly facts: DatagramFacts }
  | { readonly post?: undefined; readonly facts: DatagramFacts };

let found: Promise<FoundPost> | undefined;

/** One post for all sockets of the thread, so that a socket costs no memory of the kernel's kind. Never rejects. */
export function openPost(): Promise<FoundPost> {
  found ??= findPost();
  return found;
}

/** For a log, or a report of an error. Never rejects. */
export async function datagramFacts(): Promise<DatagramFacts> {
  return (await openPost()).facts;
}

async function findPost(): Promise<FoundPost> {
  const kernel = await openKernel();
  if (!isKernel(kernel)) return { facts: { batched: false, reason: kernel.reason } };
  const check = checkBatches(kernel);
  if (!check.works) return { facts: { batched: false, reason: check.reason } };
  const { segments } = check;
  return { post: new DatagramPost(kernel, segments), facts: { batched: true, segments } };
}

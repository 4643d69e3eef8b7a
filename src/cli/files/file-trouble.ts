/** What the system says about a file, in words and without its path: the other side reads it too. */

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'it is not permitted',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'it is larger than the file system there takes',
  EIO: 'the disk fails',
  EISDIR: 'a folder is in the way',
  ELOOP: 'a link is in the way',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long there',
  ENOENT: 'there is no such file',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a file is where a folder should be',
  EPERM: 'it is not permitted',
  EROFS: 'the disk is read-only',
};

export function fileTrouble(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : undefined;
  return code === undefined ? error.message : (WORDS[code] ?? code);
}

/** Errors of the system as C's `strerror` names them. */
const MESSAGES: Readonly<Record<string, string>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ESRCH: 'No such process',
  EACCES: 'Permission denied',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
};

export function systemMessage({ code, message }: NodeJS.ErrnoException): string {
  return MESSAGES[code ?? ''] ?? message;
}

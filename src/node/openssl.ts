/**
 * The ciphers of the OpenSSL that is linked into this process, through koffi: a context that only changes its key and nonce
 * costs a fifth of a cipher object of node:crypto. Functions of numbers; pointers are numbers. Knows no message.
 */
import { createRequire } from 'node:module';

type Call = (...args: number[]) => number;

export interface OpensslCiphers {
  readonly newContext: Call;
  readonly cipherByName: (name: string) => number;
  readonly encryptInit: Call;
  readonly encryptUpdate: Call;
  readonly encryptFinal: Call;
  readonly decryptInit: Call;
  readonly decryptUpdate: Call;
  readonly decryptFinal: Call;
  readonly control: Call;
  readonly clearErrors: () => void;
  /** Where the bytes of a view lie. They do not move. */
  addressOf(view: Uint8Array): number;
}

/** `undefined` where koffi is not installed, or the process has no OpenSSL of its own (Electron, Bun). Never throws. */
export function openOpenssl(): OpensslCiphers | undefined {
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const library = koffi.load(null);
    return {
      newContext: library.func('uintptr_t EVP_CIPHER_CTX_new()'),
      cipherByName: library.func('uintptr_t EVP_get_cipherbyname(const char *)'),
      encryptInit: library.func(
        'int EVP_EncryptInit_ex(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t)',
      ),
      encryptUpdate: library.func('int EVP_EncryptUpdate(uintptr_t, uintptr_t, uintptr_t, uintptr_t, int)'),
      encryptFinal: library.func('int EVP_EncryptFinal_ex(uintptr_t, uintptr_t, uintptr_t)'),
      decryptInit: library.func(
        'int EVP_DecryptInit_ex(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t)',
      ),
      decryptUpdate: library.func('int EVP_DecryptUpdate(uintptr_t, uintptr_t, uintptr_t, uintptr_t, int)'),
      decryptFinal: library.func('int EVP_DecryptFinal_ex(uintptr_t, uintptr_t, uintptr_t)'),
      control: library.func('int EVP_CIPHER_CTX_ctrl(uintptr_t, int, int, uintptr_t)'),
      clearErrors: library.func('void ERR_clear_error()'),
      addressOf: (view) => Number(koffi.address(view)),
    };
  } catch {
    return undefined; // not installed, or not for this system: node:crypto does the same, more slowly
  }
}

/**
 * Signatures of images: Ed25519 (RFC 8032) over the whole file, kept beside it as IMAGE.sig in base64. Who has the
 * public key can tell that an image is the one that the holder of the private key built.
 *
 *   openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out key.pub
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { failure } from '../diagnostics.js';

const HOW_TO_MAKE = 'Make a pair with: openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out key.pub';

/** Where the signature of `image` is. */
export const signatureFile = (image: string): string => `${image}.sig`;

/** Signs `image` with the private key in the PEM file `keyFile`; the signature's file. */
export function signImage(image: string, key: KeyObject): string {
  const file = signatureFile(image);
  writeFileSync(file, `${sign(null, readFileSync(image), key).toString('base64')}\n`);
  return file;
}

/** Reads a private key. Fails with WL3103. */
export function readSigningKey(file: string): KeyObject {
  return readKey(file, 'private', createPrivateKey);
}

/** Fails with WL3104 unless `image` is as it was signed with the private half of the public key in `keyFile`. */
export function verifyImage(image: string, keyFile: string): void {
  const key = readKey(keyFile, 'public', createPublicKey);
  const file = signatureFile(image);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw failure('WL3104', `${image} has no signature: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, 'Sign it when it is built: wirelet build GRAPH -o IMAGE --sign key.pem');
  }
  if (!verify(null, readFileSync(image), key, Buffer.from(text, 'base64'))) {
    throw failure('WL3104', `${image} is not what was signed, or was signed with another key than ${keyFile}`, 'Do not run it. Build it anew, or ask for the right public key.');
  }
}

function readKey(file: string, half: string, create: (text: Buffer) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = create(readFileSync(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure('WL3103', `${file} is no ${half} key in PEM form: ${code === 'ENOENT' ? 'there is no such file' : message}`, HOW_TO_MAKE);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw failure('WL3103', `${file} is a key for ${key.asymmetricKeyType ?? 'something else'}, not Ed25519`, HOW_TO_MAKE);
  return key;
}

// A file of a file server and its URL, `/NUMBER/NAME`: the number tells it, the name is for whoever reads the URL and for players that go by the end
// of it. Names of files come from strangers, so what stands in URLs and headers is encoded here, and nowhere else.

export interface ServedFile {
  /** In the URL. */
  readonly number: number;
  /** With slashes. */
  readonly path: string;
  readonly length: number;
  /** Without the quotation marks: the same for the same bytes only, from the characters `0-9a-z-`. */
  readonly tag: string;
  /** Its path and its length as a person is shown them: printable, one line each. */
  readonly shown: { readonly path: string; readonly size: string };
}

/** The path of a file's URL. */
export function pathOf({ number, path }: ServedFile): string {
  return `/${number}/${encodeName(nameOf(path))}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** For URLs and for the extended notation of headers (RFC 8187): what `encodeURIComponent` leaves and that allows not, too. */
export function encodeName(name: string): string {
  return encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, '\uFFFD')).replaceAll(
    /['()*!]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

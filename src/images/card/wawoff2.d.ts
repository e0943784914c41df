/** The half of the package that reads; the other would bring a second WebAssembly module. */
declare module 'wawoff2/decompress.js' {
  export default function decompress(woff2: Uint8Array): Promise<Uint8Array>;
}

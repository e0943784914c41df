/** A line of text on a page; coordinates in points from the lower left corner. */
export interface PdfText {
  text: string;
  x?: number;
  y: number;
  size?: number;
}

/** What a made PDF has besides its text. */
interface PdfParts {
  info?: Record<string, string>;
  /** Asks for a password that nobody knows. */
  encrypted?: boolean;
  /** A compressed stream in place of the text of each page, drawn so many times. */
  content?: { deflated: Buffer; times: number };
}

/** A small PDF with one font, written by hand after ISO 32000-1; text in ASCII. */
export function makePdf(pages: PdfText[][], parts: PdfParts = {}): Buffer {
  const objects: Buffer[] = [];
  const add = (body: string | Buffer) => objects.push(Buffer.from(body));
  const stream = (bytes: Buffer, entries = '') =>
    Buffer.concat([
      Buffer.from(`<< /Length ${bytes.length} ${entries}>>\nstream\n`),
      bytes,
      Buffer.from('\nendstream'),
    ]);
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ');
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`);
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  for (const [index, lines] of pages.entries()) {
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents [${`${5 + index * 2} 0 R `.repeat(parts.content?.times ?? 1)}] >>`,
    );
    const drawn = lines.map(({ text, x = 72, y, size = 10 }) => {
      return `BT /F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm (${text.replace(/[\\()]/g, '\\$&')}) Tj ET`;
    });
    const { content } = parts;
    add(content ? stream(content.deflated, '/Filter /FlateDecode ') : stream(Buffer.from(drawn.join('\n'))));
  }
  const info = Object.entries(parts.info ?? {}).map(([name, value]) => `/${name} (${value})`);
  add(`<< ${info.join(' ')} >>`);
  const infoNumber = objects.length;
  let trailer = `/Root 1 0 R /Info ${infoNumber} 0 R`;
  if (parts.encrypted) {
    const secret = 'ab'.repeat(32);
    add(`<< /Filter /Standard /V 1 /R 2 /P -4 /O <${secret}> /U <${secret}> >>`);
    trailer += ` /Encrypt ${objects.length} 0 R /ID [<00> <00>]`;
  }
  const chunks: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  const offsets: number[] = [];
  let length = chunks[0]?.length ?? 0;
  for (const [index, body] of objects.entries()) {
    const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    offsets.push(length);
    length += whole.length;
    chunks.push(whole);
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  chunks.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} ${trailer} >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(chunks);
}

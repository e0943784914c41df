import { encode } from 'uqr';

/**
 * A QR code, drawn here: its text goes to no service. Black on white in every theme, with the quiet zone of four modules
 * that scanners need (ISO/IEC 18004).
 */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 4 });
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .filter(Boolean)
    .join('');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="w-full max-w-56 rounded-lg border border-border bg-white"
    >
      <path d={path} fill="black" />
    </svg>
  );
}

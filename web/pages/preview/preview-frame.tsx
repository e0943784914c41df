import { useLayoutEffect, useRef, useState } from 'react';
import { cn } from '@/components/class-names.ts';

/** In pixels, as the page inside sees them. */
const widths = { desktop: 1280, phone: 375 };
export type PreviewWidth = keyof typeof widths;

interface PreviewFrameProps {
  html: string;
  title: string;
  width: PreviewWidth;
}

/**
 * A page inside the page, at its own width; made smaller where there is less room. Its scripts do not run, and it may ask
 * this server for images only, for which it has to be of the same origin.
 */
export function PreviewFrame({ html, title, width }: PreviewFrameProps) {
  const room = useRef<HTMLDivElement>(null);
  const [available, setAvailable] = useState<number | null>(null);
  useLayoutEffect(() => {
    const element = room.current;
    if (!element) return;
    const measure = () => setAvailable(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const full = widths[width];
  const scale = available === null ? 1 : Math.min(1, available / full);
  return (
    <div ref={room} className="h-[78dvh] min-h-96 overflow-hidden">
      {available !== null && (
        <div
          className={cn(
            'mx-auto overflow-hidden border border-border bg-white',
            width === 'phone' ? 'rounded-3xl' : 'rounded-xl',
          )}
          style={{ width: full * scale, height: '100%' }}
        >
          <iframe
            title={title}
            srcDoc={html}
            sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
            className="block origin-top-left border-0"
            style={{ width: full, height: `${100 / scale}%`, transform: scale === 1 ? undefined : `scale(${scale})` }}
          />
        </div>
      )}
    </div>
  );
}

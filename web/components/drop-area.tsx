import { type DragEvent, type ReactNode, useState } from 'react';
import { cn } from './class-names.ts';

interface DropAreaProps {
  /** Of the area, for whoever goes through the page by its regions. */
  label: string;
  /** What is said while files are held over it. */
  hint: string;
  onFiles: (files: Iterable<File>) => void;
  className?: string;
  children: ReactNode;
}

/** Takes files that are dropped anywhere in it, and shows that it would. */
export function DropArea({ label, hint, onFiles, className, children }: DropAreaProps) {
  const [over, setOver] = useState(false);
  const holdsFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  return (
    <section
      aria-label={label}
      className={cn('relative min-h-[calc(100dvh-9rem)] lg:min-h-dvh', className)}
      onDragOver={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setOver(false);
        onFiles(event.dataTransfer.files);
      }}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-2 z-30 grid rounded-xl border-2 border-dashed border-accent bg-background/80">
          <p className="sticky top-0 grid h-dvh max-h-full place-items-center text-lg font-semibold">{hint}</p>
        </div>
      )}
    </section>
  );
}

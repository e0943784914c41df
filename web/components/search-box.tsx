import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { cn } from './class-names.ts';
import { Input } from './ui/input.tsx';

interface SearchBoxProps {
  label: string;
  value: string;
  /** Called a moment after the last key. */
  onSearch: (query: string) => void;
  className?: string;
}

/** A search field that keeps the address in step without a request for every key. */
export function SearchBox({ label, value, onSearch, className }: SearchBoxProps) {
  const [typed, setTyped] = useState(value);
  // The back button changes the value from outside.
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => onSearch(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed, value, onSearch]);
  return (
    <search className={cn('relative', className)}>
      <Search aria-hidden="true" className="pointer-events-none absolute top-3 left-3 size-4 text-muted-foreground" />
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        className="pl-9"
      />
    </search>
  );
}

import type { ComponentProps } from 'react';
import { Select } from '@/components/ui/input.tsx';

type SiteSelectProps = Omit<ComponentProps<typeof Select>, 'onChange' | 'children' | 'value'> & {
  sites: { id: string; name: string }[];
  /** An empty string for no site. */
  value: string;
  /** What no site is called; left out where there has to be one. */
  none?: string | undefined;
  onSite: (siteId: string) => void;
};

/** Chooses one of the account's sites by its name. */
export function SiteSelect({ sites, none, onSite, ...props }: SiteSelectProps) {
  return (
    <Select {...props} onChange={(event) => onSite(event.target.value)}>
      {none !== undefined && <option value="">{none}</option>}
      {sites.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}

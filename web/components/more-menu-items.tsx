import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { farPlaces } from './palette/places.ts';
import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuTrigger } from './ui/dropdown-menu.tsx';

/** The places that a phone has no room for below the page. It is made when it is asked for, and so begins open. */
export default function MoreMenuItems({ trigger }: { trigger: ReactNode }) {
  const navigate = useNavigate();
  return (
    <DropdownMenu defaultOpen>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent side="top">
        {farPlaces.map(({ to, label, icon: Icon }) => (
          <DropdownMenuItem key={to} onSelect={() => navigate({ to })}>
            <Icon aria-hidden="true" />
            {label}
          </DropdownMenuItem>
        ))}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

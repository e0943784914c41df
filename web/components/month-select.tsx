import { formatMonth, monthsUntil } from '@/format/calendar.ts';
import { Select } from './ui/input.tsx';

/** Chooses one of the last thirteen months; so many, that a month can be held against that of the year before. */
export function MonthSelect({
  label,
  last,
  value,
  onChange,
}: {
  label: string;
  last: string;
  value: string;
  onChange: (month: string) => void;
}) {
  const months = monthsUntil(last, 13);
  const offered = months.includes(value) ? months : [value, ...months];
  return (
    <div className="w-44">
      <Select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        {offered.map((month) => (
          <option key={month} value={month}>
            {formatMonth(month)}
          </option>
        ))}
      </Select>
    </div>
  );
}

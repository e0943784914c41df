/** A text to be copied whole, such as a key that is shown once. */
export function SecretText({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a text of its own, no group of fields
    <div
      role="group"
      aria-label={label}
      className="w-full rounded-lg bg-muted px-3 py-2 font-mono text-sm [overflow-wrap:anywhere] select-all"
    >
      {text}
    </div>
  );
}

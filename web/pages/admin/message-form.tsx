import { messageUser } from '@/api/client/sdk.gen.ts';
import type { AdminUser } from '@/api/client/types.gen.ts';
import { Form, LongTextField, missing, TextField, useForm } from '@/components/form.tsx';
import { toast } from '@/components/toaster.tsx';
import { useInstance } from '@/session/session.ts';
import { adminWords } from '@/strings-account.ts';

const words = adminWords.users;

/** Writes a mail to a user; where the instance sends none, the admin's own mail program can. */
export function MessageForm({ user }: { user: Pick<AdminUser, 'id' | 'email'> }) {
  const mail = useInstance()?.mail;
  const form = useForm({
    names: ['subject', 'text'],
    check: (values) => missing(values, 'subject', 'text'),
    send: async (body, attempt) => {
      const headers = { 'Idempotency-Key': attempt.key };
      return (await messageUser({ path: { id: user.id }, body, headers, throwOnError: true })).data;
    },
    onDone: ({ to }) => toast(mail === false ? words.keptNoMail(to) : words.sent(to)),
    keep: `message:${user.id}`,
    clear: true,
  });
  return (
    <>
      {mail === false && (
        <p className="text-sm text-muted-foreground">
          {words.noMail}{' '}
          <a href={mailto(user.email)} className="text-accent underline underline-offset-4">
            {words.ownMailProgram(user.email)}
          </a>
        </p>
      )}
      <Form form={form} submit={words.send} busy={words.sending} variant="secondary">
        <TextField form={form} name="subject" label={words.subject} autoComplete="off" maxLength={200} />
        <LongTextField form={form} name="text" label={words.text} maxLength={20_000} />
      </Form>
    </>
  );
}

/** An address as a link (RFC 6068): what would end it is encoded, the @ is not. */
const mailto = (email: string) => `mailto:${email.split('@').map(encodeURIComponent).join('@')}`;

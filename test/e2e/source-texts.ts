/** Three short texts on one subject, written for these tests; their facts are of the kind a draft cites. */
export const sourceTexts = [
  {
    title: 'Why small servers lose data',
    text: `A small server usually loses data in one of four ways. A disk fails, a person deletes the wrong folder, an update breaks a database, or an intruder encrypts the files. Only the first of these is helped by a second disk in the same machine.

Disks fail more often than their owners expect. A disk that runs day and night for five years has a fair chance of failing before the end of that time. Solid state drives fail more suddenly than spinning disks, and they often give no warning at all. A mirror of two disks keeps a server running when one of them breaks, but it copies every mistake within the same second.

People are the most common cause. A command that is typed in the wrong window removes a folder in less than a second. An update that changes the layout of a database can leave it half converted when the power fails. Nobody notices some of these losses for weeks, because the missing file is needed only once a quarter.

Intruders change the picture again. Software that encrypts files looks for backups first and encrypts them too, when it can reach them. A backup that is mounted as a network drive all day is within its reach. A copy that is disconnected, or that cannot be overwritten for 30 days, stays safe.

The cost of a loss depends on time. A shop that cannot take orders for two days loses more than the price of its server. A diary of 10 years of photographs has no price at all.`,
  },
  {
    title: 'The 3-2-1 rule in practice',
    text: `The 3-2-1 rule says that there should be three copies of the data, on two kinds of storage, with one copy in another place. The photographer Peter Krogh made the rule popular in a book of 2009. It is easy to remember and still fits a small server well.

The first copy is the data itself, on the disk of the server. The second copy lies on another device nearby, so that a restore takes minutes and not days. The third copy lies in another building, where a fire or a burglar cannot reach it.

Rented object storage is a common place for the third copy. A gigabyte costs about two cents a month there, so that 100 gigabytes cost about two dollars. Many providers let the owner lock a copy, so that nobody can delete it before its time. The lock protects against intruders who have stolen the password of the server.

A backup needs a plan for how long copies are kept. A plan that many people use keeps 7 daily, 4 weekly and 12 monthly copies. Tools such as restic and BorgBackup store each block only once, so that 23 copies take little more room than two full ones. Both tools encrypt the data before it leaves the server. Whoever loses the key of an encrypted backup has lost the backup as well, so the key belongs on paper, in another place than the server.

Databases need care of their own. A copy of the files of a running database is often useless. The command pg_dump writes a consistent copy of a PostgreSQL database while it goes on working.`,
  },
  {
    title: 'A backup that was never restored is a hope',
    text: `A backup is only as good as its last restore. Many owners find out on the day of the loss that the job stopped months ago, or that the copies were empty. A test once a month would have shown both.

A good test restores the backup to another machine and opens what was restored. It is not enough to see that a file is there. A database should be started, and the newest order in it should be from the day before. A test that takes more than an hour is not done, so it should be a script that runs by itself at night.

Two numbers describe what a backup can do. The recovery point says how much work may be lost, for example one day. The recovery time says how long a restore may take, for example four hours. A small shop that writes down both numbers knows how often it must copy and how fast its storage must be.

Silence is the worst sign. A backup job should report each success, because a job that does not run reports no failure either. A simple way is a message every morning that names the size and the age of the last copy. When the message is missing, somebody looks.

After a loss, haste does more harm than the loss. The damaged disk should be switched off first, because each write makes a rescue harder. Then the restore begins on new storage, and the old disk stays in a drawer until everything has been checked. Most failed rescues begin with a restore over the only remaining copy.`,
  },
];

// Runs before anything else of the page is there. A file of its own because the content security policy allows no inline scripts.
try {
  const theme = localStorage.getItem('blog-poster:theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (error) {
  console.info('The browser keeps no settings for this page; its own light or dark setting is used.', error);
}
// Who is signed in decides what is shown: it is asked while the app is still on its way. session.ts takes the answer.
globalThis.firstSession = fetch('/api/v1/auth/session').catch((error) => {
  console.info('Who is signed in could not be asked yet; the app asks again.', error);
  return null;
});

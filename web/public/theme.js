// Sets the chosen theme before the first paint. A file of its own because the content security policy allows no inline scripts.
try {
  const theme = localStorage.getItem('blog-poster:theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (error) {
  console.info('The browser keeps no settings for this page; its own light or dark setting is used.', error);
}

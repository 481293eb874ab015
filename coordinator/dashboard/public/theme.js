// Before anything is painted, so that a dark page never flashes white. src/app/theme.ts does the rest.
try {
  const theme = localStorage.getItem('clipgrid.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden here: as the system has it.
}

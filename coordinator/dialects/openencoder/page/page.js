async function show() {
  const [about, health] = await Promise.all(
    ['/api/', '/api/health'].map(async (path) => (await fetch(path)).json()),
  );
  document.getElementById('version').textContent = `${about.name} ${about.version} on ${about.server}`;
  const rows = Object.entries(health).map(([name, value]) => {
    const row = document.createElement('tr');
    for (const text of [name, value]) row.insertCell().textContent = String(text);
    return row;
  });
  document.getElementById('health').replaceChildren(...rows);
}

void show();

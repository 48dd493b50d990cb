// Somebody's identity as the server wrote it; null where it is none.

export function person(user) {
  if (typeof user?.name !== "string" || !user.name) return null;
  const colour = [1, 2, 3, 4, 5, 6].includes(user.colour) ? user.colour : 6;
  return {
    id: String(user.id),
    name: user.name,
    first: user.name.split(" ")[0],
    initials: String(user.initials || user.name[0]),
    colour: `var(--person-${colour})`,
  };
}

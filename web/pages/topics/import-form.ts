/** Under this name the tab keeps what is to be imported. */
export const importForm = 'topics:import';

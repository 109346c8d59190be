use pyo3::prelude::*;

#[pyclass(frozen, module = "actra")]
struct Policy {
    x: u8,
}
#[pymethods]
impl Policy {
    #[new]
    fn new() -> Self { Policy { x: 1 } }
    fn get(&self) -> u8 { self.x }
}
/// x
#[pymodule(gil_used = false)]
mod _actra {
    #[pymodule_export]
    use super::Policy;
}

"""The page's words, by language. A `Guess` was never seen on the page: it is our translation."""

from typing import TypeAlias

from colab_sim.view import Language


class Guess(str):
    """A text without evidence; docs/colab-page.md says what the others rest on."""

    __slots__ = ()


Texts: TypeAlias = dict[str, str]

ENGLISH: Texts = {
    "connect": "Connect",
    "reconnect": "Reconnect",
    "connecting": "Connecting",
    "allocating": "Allocating",
    "initializing": "Initializing",
    "connected": "Connected",
    "connect_tooltip": "Connect to a new runtime",
    "connect_click": "Click to connect",
    "connect_options": "Additional connection options",
    "connected_to": "Connected to\n{backend}\nRAM: {ram}\nDisk: {disk}",
    "backend": "Python 3 Google Compute Engine backend",
    "connecting_to": "Connecting to Python 3",
    "allocating_to": "Allocating runtime",
    "initializing_to": "Initializing",
    "decimal": ".",
    "ram": "RAM",
    "disk": "Disk",
    "focus_last": "Focus the last run cell",
    "run_cell": "Run cell",
    "run_all_tooltip": "Run all cells in notebook",
    "executing": "Executing",
    "waiting": "Waiting to finish the current execution",
    "executing_title": "currently executing...",
    "queued_title": "queued",
    "executed_title": Guess("executed"),
    "never_run": "cell has not been executed in this session",
    "cell_failed": Guess("last execution of the cell failed"),
    "clear_output": Guess("Clear output"),
    "toggle_output": "Show/hide output",
    "output_actions": "Code cell output actions",
    "truncated": "Streaming output truncated to the last 5000 lines.",
    "close": "Close",
    "menu_file": "File",
    "menu_edit": "Edit",
    "menu_view": "View",
    "menu_runtime": "Runtime",
    "menu_help": "Help",
    "runall": "Run all",
    "runbefore": "Run before",
    "runfocused": "Run the focused cell",
    "runselected": "Run selection",
    "runafter": "Run cell and below",
    "interrupt": "Interrupt execution",
    "restart": "Restart session",
    "restart-and-run-all": "Restart session and run all",
    "powerwash-current-vm": "Disconnect and delete runtime",
    "change-runtime-type": "Change runtime type",
    "manage-sessions": "Manage sessions",
    "open-resource-viewer": "View resources",
    "view-runtime-logs": "View runtime logs",
    "clear-outputs": "Clear all outputs",
    "toggle-output": "Show/hide output",
    "snackbar_crashed_ram": "Your session crashed after using all available RAM.",
    "snackbar_crashed_unknown": "Your session crashed for an unknown reason.",
    "snackbar_could_not_reconnect": Guess("Could not reconnect to the runtime."),
    "snackbar_backend_error": "Failed to assign a backend",
    "disconnected_title": "Runtime disconnected",
    "disconnected_body": (
        "Your runtime has been disconnected due to inactivity or reaching its maximum duration. "
        "To connect to a new runtime, click the connect button below."
    ),
    "disconnected_ok": Guess("Reconnect"),
    "disconnected_cancel": Guess("Close"),
    "still_there_title": "Are you still there?",
    "still_there_body": Guess("Your runtime will be disconnected if you do not answer."),
    "still_there_ok": Guess("I'm still here"),
    "captcha_title": "I'm not a robot",
    "captcha_body": (
        "Colab is for interactive use. Please confirm that you are present to continue."
    ),
    "captcha_cancel": Guess("Cancel"),
    "account_blocked_title": Guess("Account blocked"),
    "account_blocked_body": (
        "This account has been blocked from accessing Colab runtimes due to suspected abusive "
        "activity. This does not impact access to other Google products."
    ),
    "account_blocked_ok": Guess("OK"),
    "usage_limit_title": "Cannot connect to GPU backend",
    "usage_limit_body": (
        "You cannot currently connect to a GPU due to usage limits in Colab. Learn more"
    ),
    "usage_limit_ok": "Connect without GPU",
    "usage_limit_cancel": Guess("Close"),
    "too_many_sessions_title": "Too many sessions",
    "too_many_sessions_body": (
        "You have too many active sessions. Terminate an existing session to continue."
    ),
    "too_many_sessions_ok": "Manage sessions",
    "too_many_sessions_cancel": Guess("Cancel"),
    "sessions_title": Guess("Active sessions"),
    "sessions_ok": Guess("Terminate other sessions"),
    "sessions_cancel": Guess("Close"),
    "backend_error_title": "Failed to assign a backend",
    "backend_error_body": (
        "Sorry, we were unable to connect to your backend. "
        "This may be due to a restriction in your location."
    ),
    "backend_error_ok": Guess("OK"),
    "run_anyway_title": "Warning: This notebook was not authored by Google",
    "run_anyway_body": Guess("Review the source code before you run this notebook."),
    "run_anyway_ok": "Run anyway",
    "run_anyway_cancel": Guess("Cancel"),
    "drive_consent_title": "Permit this notebook to access your Google Drive files?",
    "drive_consent_body": Guess("This notebook asks for access to your Google Drive files."),
    "drive_consent_ok": Guess("Connect to Google Drive"),
    "drive_consent_cancel": Guess("No thanks"),
    "restart_session_title": "Restart session",
    "restart_session_body": Guess("Packages that the notebook has imported were replaced."),
    "restart_session_ok": "Restart session",
    "restart_session_cancel": Guess("Cancel"),
    "delete_runtime_title": "Disconnect and delete runtime",
    "delete_runtime_body": Guess("All state of the runtime is lost, local variables included."),
    "delete_runtime_ok": Guess("Yes"),
    "delete_runtime_cancel": Guess("Cancel"),
    "change_runtime_type_title": "Change runtime type",
    "change_runtime_type_body": Guess("Hardware accelerator: CPU, T4 GPU"),
    "change_runtime_type_ok": Guess("Save"),
    "change_runtime_type_cancel": Guess("Cancel"),
    "dismiss_runtime_warning_title": Guess("Disconnect and delete runtime?"),
    "dismiss_runtime_warning_body": Guess("A change of the type needs a new runtime."),
    "dismiss_runtime_warning_ok": Guess("OK"),
    "dismiss_runtime_warning_cancel": Guess("Cancel"),
    "generic_title": Guess("Leave the tour?"),
    "generic_body": Guess("You can come back to it from the Help menu."),
    "generic_ok": Guess("Yes"),
    "generic_cancel": Guess("No"),
}

KOREAN: Texts = {
    "executing_title": "현재 실행 중...",
    "usage_limit_title": "GPU 백엔드에 연결할 수 없습니다",
    "backend_error_title": "백엔드를 할당하지 못했습니다",
    "snackbar_backend_error": "백엔드를 할당하지 못했습니다",
    "connect": Guess("연결"),
    "reconnect": Guess("다시 연결"),
    "connecting": Guess("연결 중"),
    "allocating": Guess("할당 중"),
    "initializing": Guess("초기화 중"),
    "connected": Guess("연결됨"),
    "connect_tooltip": Guess("새 런타임에 연결"),
    "connect_click": Guess("클릭하여 연결"),
    "connected_to": Guess("연결됨\n{backend}\nRAM: {ram}\n디스크: {disk}"),
    "backend": Guess("Python 3 Google Compute Engine 백엔드"),
    "connecting_to": Guess("Python 3에 연결 중"),
    "allocating_to": Guess("런타임 할당 중"),
    "initializing_to": Guess("초기화 중"),
    "disk": Guess("디스크"),
    "run_cell": Guess("셀 실행"),
    "executing": Guess("실행 중"),
    "interrupt": Guess("실행 중단"),
    "queued_title": Guess("대기 중"),
    "clear_output": Guess("출력 지우기"),
    "clear-outputs": Guess("모든 출력 지우기"),
    "runall": Guess("모두 실행"),
    "restart": Guess("세션 다시 시작"),
    "powerwash-current-vm": Guess("런타임 연결 해제 및 삭제"),
    "manage-sessions": Guess("세션 관리"),
    "close": Guess("닫기"),
    "disconnected_title": Guess("런타임 연결 해제됨"),
    "disconnected_body": Guess("비활성 또는 최대 사용 시간 도달로 런타임 연결이 해제되었습니다."),
    "still_there_title": Guess("아직 사용 중이신가요?"),
    "captcha_title": Guess("로봇이 아닙니다"),
    "captcha_body": Guess("Colab은 대화형 사용을 위한 것입니다. 계속하려면 확인해 주세요."),
    "account_blocked_body": Guess("의심스러운 활동으로 인해 이 계정의 Colab 런타임이 차단됨"),
    "usage_limit_body": Guess("Colab의 사용량 한도로 인해 현재 GPU에 연결할 수 없습니다."),
    "usage_limit_ok": Guess("GPU 없이 연결"),
    "too_many_sessions_title": Guess("세션이 너무 많음"),
    "too_many_sessions_body": Guess("활성 세션이 너무 많습니다. 기존 세션을 종료하세요."),
    "too_many_sessions_ok": Guess("세션 관리"),
    "run_anyway_title": Guess("경고: Google에서 작성하지 않은 노트입니다"),
    "run_anyway_ok": Guess("무시하고 계속하기"),
    "drive_consent_title": Guess("노트북에서 Google Drive 파일에 액세스하도록 허용할까요?"),
    "drive_consent_body": Guess("이 노트북이 Google Drive 파일에 대한 액세스를 요청합니다."),
    "restart_session_title": Guess("세션 다시 시작"),
    "snackbar_crashed_ram": Guess("사용 가능한 RAM을 모두 사용한 후 세션이 다운되었습니다."),
    "snackbar_crashed_unknown": Guess("알 수 없는 이유로 세션이 다운되었습니다."),
}

SPANISH: Texts = {
    "connected_to": "Conectado a\n{backend}\nRAM: {ram}\nDisco: {disk}",
    "backend": "del backend de Google Compute Engine en Python 3",
    "run_cell": "Ejecutar celda",
    "interrupt": "Interrumpir la ejecución",
    "clear-outputs": "Borrar todos los resultados",
    "manage-sessions": "Administrar sesiones",
    "powerwash-current-vm": "Desconectar y borrar el tiempo de ejecución",
    "cell_failed": "No se pudo realizar la ejecución anterior de la celda",
    "disk": "Disco",
    "connect": Guess("Conectar"),
    "reconnect": Guess("Volver a conectar"),
    "connecting": Guess("Conectando"),
    "allocating": Guess("Asignando"),
    "initializing": Guess("Inicializando"),
    "connected": Guess("Conectado"),
    "connect_tooltip": Guess("Conectar a un nuevo entorno de ejecución"),
    "connect_click": Guess("Haz clic para conectar"),
    "connecting_to": Guess("Conectando a Python 3"),
    "allocating_to": Guess("Asignando entorno de ejecución"),
    "initializing_to": Guess("Inicializando"),
    "executing": Guess("Ejecutando"),
    "executing_title": Guess("en ejecución..."),
    "queued_title": Guess("en cola"),
    "clear_output": Guess("Borrar resultado"),
    "runall": Guess("Ejecutar todo"),
    "restart": Guess("Reiniciar sesión"),
    "close": Guess("Cerrar"),
    "disconnected_title": Guess("Se desconectó el entorno de ejecución"),
    "disconnected_body": Guess(
        "Se desconectó el entorno de ejecución por inactividad o por alcanzar la duración máxima."
    ),
    "still_there_title": Guess("¿Sigues ahí?"),
    "captcha_title": Guess("No soy un robot"),
    "captcha_body": Guess("Colab es para uso interactivo. Confirma que estás presente."),
    "account_blocked_body": Guess(
        "Se bloqueó el acceso de esta cuenta a los entornos de Colab por actividad sospechosa."
    ),
    "usage_limit_title": Guess("No se puede conectar al backend de GPU"),
    "usage_limit_body": Guess(
        "No puedes conectarte a una GPU debido a los límites de uso de Colab."
    ),
    "usage_limit_ok": Guess("Conectar sin GPU"),
    "too_many_sessions_title": Guess("Demasiadas sesiones"),
    "too_many_sessions_body": Guess("Tienes demasiadas sesiones activas. Finaliza una."),
    "too_many_sessions_ok": "Administrar sesiones",
    "backend_error_title": Guess("No se pudo asignar un backend"),
    "run_anyway_title": Guess("Advertencia: Google no creó este notebook"),
    "run_anyway_ok": Guess("Ejecutar de todos modos"),
    "drive_consent_title": Guess(
        "¿Permitir que este notebook acceda a tus archivos de Google Drive?"
    ),
    "drive_consent_body": Guess("Este notebook solicita acceso a tus archivos de Google Drive."),
    "restart_session_title": Guess("Reiniciar sesión"),
    "snackbar_crashed_ram": Guess("La sesión falló después de usar toda la RAM disponible."),
    "snackbar_crashed_unknown": Guess("La sesión falló por un motivo desconocido."),
    "decimal": Guess(","),
}

# Even a translated page mixes in English: what a language lacks is shown in English.
LANGUAGES: dict[Language, Texts] = {
    "en": ENGLISH,
    "ko": ENGLISH | KOREAN,
    "es": ENGLISH | SPANISH,
}


def texts_of(language: Language) -> Texts:
    """Return every text of the page in one language."""
    return LANGUAGES[language]
